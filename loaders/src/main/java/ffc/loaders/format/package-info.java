/**
 * Readers of the formats of the field, each a {@link ffc.loaders.store.Source}. Open {@code
 * Datasets} first.
 */
package ffc.loaders.format;
