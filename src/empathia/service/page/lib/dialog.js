// The question before what cannot be taken back.
import { ended, told } from "../main.js";
import { button, form, h, put } from "./dom.js";
import { t } from "./words.js";

/**
 * Ask before `act` deletes; what it throws is told where the question stands.
 *
 * Resolves to whether it was done. `label` is the button's, else the title; `more` stands under the
 * texts, as a field that has to be filled in first. It closes with `signal`.
 */
export function deleting({ title, texts, label = title, signal, more = null }, act = () => {}) {
  const wrong = h("div", { role: "alert" });
  let done = false;
  const node = h("dialog", { class: "asks", "aria-labelledby": "asked" });
  const stay = button(t("dialog.stay"), () => node.close());
  node.append(form(async () => {
    put(wrong);
    try {
      await act();
      done = true;
      node.close();
    } catch (error) {
      if (!await ended(error)) put(wrong, told(error));
    }
  }, {}, h("h2", { id: "asked" }, title), texts.map((text) => h("p", {}, text)), more, wrong,
  h("div", { class: "row-of" }, stay, h("button", { class: "plain danger" }, label))));
  document.body.append(node);
  node.showModal();
  (more?.querySelector("input:not([hidden])") ?? stay).focus();
  const leave = new AbortController();
  signal.addEventListener("abort", () => node.close(), { signal: leave.signal });
  return new Promise((resolve) => {
    node.addEventListener("close", () => {
      leave.abort();
      node.remove();
      resolve(done);
    });
  });
}
