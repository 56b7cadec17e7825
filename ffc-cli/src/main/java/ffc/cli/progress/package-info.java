/** What a run shows while it goes: a bar on a terminal, plain lines otherwise. */
package ffc.cli.progress;
