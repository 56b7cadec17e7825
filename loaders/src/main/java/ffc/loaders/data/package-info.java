/**
 * What data is: labelled images, pairs, their configuration, a batch, the place in an epoch. The
 * bottom of the module. Open {@link ffc.loaders.data.Dataset} first.
 */
package ffc.loaders.data;
