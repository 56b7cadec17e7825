/**
 * Images of any usual format as a network takes them: as they are stored, or as photographs are
 * seen, upright, in sRGB and scaled. Open {@link ffc.loaders.decode.Images} first.
 */
package ffc.loaders.decode;
