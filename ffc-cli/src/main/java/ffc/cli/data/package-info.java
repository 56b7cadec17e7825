/**
 * The commands {@code ffc data}: arguments and printing; the work is in {@code ffc.loaders}. Open
 * {@link ffc.cli.data.DataCommand} first.
 */
package ffc.cli.data;
