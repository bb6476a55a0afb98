"""Judge runs, and decide how commands end: pure functions from facts and policy to a judgement, and from judgements to a
decision.
"""
