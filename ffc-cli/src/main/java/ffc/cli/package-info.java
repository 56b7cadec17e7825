/** The command line: one class a command. Open {@link ffc.cli.Main} first. */
package ffc.cli;
