/** Decoding and augmentation of single images. Open {@code ImageDecoder} first. */
package ffc.loaders.image;
