"""Answers that people gave in situations like this one: banks of exemplars, and their search.

    pairs -> bank (pairs.jsonl, vectors.npy, words.npz, bank.json) -> search -> ranking

A bank knows what was said before an answer, the answer, and the emotion that the situation was
labelled with when the bank was made. A search knows the words of a talk and what a recogniser
took its feeling to be: no gold label has a way in.
"""
