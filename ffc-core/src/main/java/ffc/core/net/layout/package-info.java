/**
 * Whose names the arrays of a weight file have, and the backbone that takes them. Open {@link
 * ffc.core.net.layout.WeightLayout} first.
 */
package ffc.core.net.layout;
