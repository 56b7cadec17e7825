/** Semi-hard triplets. Open {@link ffc.pfc.triplet.Triplet} first. */
package ffc.pfc.triplet;
