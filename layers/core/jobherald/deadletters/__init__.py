"""Dead letters: what lies in the six queues, why, and how it is sent again. For people at a terminal; no function."""
