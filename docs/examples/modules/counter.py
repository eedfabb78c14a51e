"""An action module: counts the lines that a client sends."""

seen = 0  # each session has a module of its own, so this is not shared


def validate_action(action, args):
    if action != "count":
        raise ValueError(f"counter has no action {action!r}, only count")
    if len(args) != 1 or not isinstance(args[0], int):
        raise ValueError("count takes one argument, the number of lines")


def execute_action(action, args, inp, outp):
    global seen
    for _ in range(args[0]):
        line = inp.readline()
        if not line:
            raise EOFError("the client has closed")
        seen += 1
        outp.write(b"%d: %s" % (seen, line))
    outp.flush()
