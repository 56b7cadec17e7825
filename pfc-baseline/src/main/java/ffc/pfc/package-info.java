/**
 * What the methods share that train without an ID group; a package for each. Open {@link
 * ffc.pfc.partialfc.PartialFc} first.
 */
package ffc.pfc;
