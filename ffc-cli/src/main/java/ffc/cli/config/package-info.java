/**
 * Experiment files: YAML read strictly, every mistake reported at once with its place, bound to
 * immutable records. Open {@link ffc.cli.config.ConfigLoader} first.
 */
package ffc.cli.config;
