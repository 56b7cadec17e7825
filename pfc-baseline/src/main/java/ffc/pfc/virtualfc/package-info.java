/**
 * Virtual FC: identities folded onto a fixed number of columns. Open {@link
 * ffc.pfc.virtualfc.VirtualFc} first.
 */
package ffc.pfc.virtualfc;
