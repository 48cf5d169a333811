"""`python -m kiosk` is `zerot`; the frozen kiosk starts here too."""

from kiosk.cli import main

if __name__ == "__main__":
    main(prog_name="zerot")
