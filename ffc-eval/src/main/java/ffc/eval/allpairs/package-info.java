/**
 * Every pair of a set: exact counts of similarities in blocks, quickly by integers where only the
 * tail matters. Open {@link ffc.eval.allpairs.AllPairs} first.
 */
package ffc.eval.allpairs;
