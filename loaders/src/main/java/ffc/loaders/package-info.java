/**
 * From records on disk to batches of image pairs, known to no tensor library. Open {@link
 * ffc.loaders.DualLoader} first; {@link ffc.loaders.DataSets} and {@link
 * ffc.loaders.VerificationSets} open what is on disk.
 */
package ffc.loaders;
