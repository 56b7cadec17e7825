"""Prints the text at the head of a script where --help is asked for, before it imports or does anything else."""
import sys


def on_help(text):
    if {'-h', '--help'} & set(sys.argv[1:]):
        print(text.strip())
        sys.exit()
