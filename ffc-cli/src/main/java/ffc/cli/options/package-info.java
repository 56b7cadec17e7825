/** Options that several commands share. Open {@link ffc.cli.options.CheckpointOption} first. */
package ffc.cli.options;
