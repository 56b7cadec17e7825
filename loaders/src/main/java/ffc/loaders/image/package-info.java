/**
 * Decoding and augmentation of single images. Open {@link ffc.loaders.image.ImageDecoder} first.
 */
package ffc.loaders.image;
