# A command at a terminal, with somebody at it: once the command has said what is before the arrow, what is after it is typed
# (^C is control and C). What it said goes to stdout, and its exit status is this one's; 124 after half a minute without it.
#   python3 at_terminal.py 'TEXT -> KEYS'... -- COMMAND...
import os, pty, select, sys, time

cut = sys.argv.index("--")
turns = [turn.split(" -> ", 1) for turn in sys.argv[1:cut]]
process, terminal = pty.fork()
if process == 0:
    os.execvp(sys.argv[cut + 1], sys.argv[cut + 1:])

said, heard, end = b"", 0, time.monotonic() + 30
while time.monotonic() < end:
    if not select.select([terminal], [], [], 0.2)[0]:
        continue
    try:
        part = os.read(terminal, 65536)
    except OSError:  # the command has ended
        part = b""
    if not part:
        break
    said += part
    sys.stdout.buffer.write(part)
    while turns and turns[0][0].encode() in said[heard:]:
        wanted, keys = turns.pop(0)
        heard = said.index(wanted.encode(), heard) + len(wanted)
        os.write(terminal, keys.replace("^C", "\x03").encode())
else:
    os.kill(process, 9)
    print("\nno end within half a minute; still to come: %s" % turns)
    sys.exit(124)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
