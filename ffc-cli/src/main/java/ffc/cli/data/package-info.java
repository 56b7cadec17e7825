/** The commands {@code ffc data}: arguments and printing; the work is in {@code ffc.loaders}. */
package ffc.cli.data;
