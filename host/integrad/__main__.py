"""python -m integrad: the command line, also for `torchrun -m integrad`."""

from integrad.cli import main

if __name__ == "__main__":
    main(prog_name="integrad")
