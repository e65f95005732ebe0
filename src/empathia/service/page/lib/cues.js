// How a voice was, in words: each measure, and how much of it there was.
import { t } from "./words.js";

const SCALES = {
  avg_intensity: "size", intensity_variation: "size", avg_pitch: "height", pitch_std: "size", pitch_range: "size",
  articulation_rate: "pace", mean_hnr: "height",
};

/** [measure, how much] of the `levels` of cues; what nobody translated is left out. */
export const cues = (levels = {}) => Object.keys(SCALES).filter((name) => name in levels).map((name) =>
  [t(`cue.${name}`), t(`level.${SCALES[name]}.${levels[name].replaceAll(" ", "-")}`)]);
