/**
 * What a run shows while it goes: a bar on a terminal, plain lines otherwise. Open {@link
 * ffc.cli.progress.PlainProgress} first.
 */
package ffc.cli.progress;
