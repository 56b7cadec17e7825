/**
 * From a folder of photographs to a pack of one size: finding pictures, decoding any of the usual
 * formats upright and in sRGB, scaling, telling duplicates. Open {@link
 * ffc.loaders.photos.PhotoImport} first.
 */
package ffc.loaders.photos;
