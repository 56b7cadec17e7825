/**
 * Fair comparisons: the same data, batch, backbone and steps for several methods, seeds and class
 * counts, each cell in a JVM of its own. Open {@link ffc.runs.compare.Comparison} first.
 */
package ffc.runs.compare;
