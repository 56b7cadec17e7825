/**
 * The command line: commands on top of {@link ffc.cli.config experiment files} and the trainer.
 * Open {@link ffc.cli.Main} first.
 */
package ffc.cli;
