/**
 * Methods to compare FFC with: Partial FC and full FC with trained class centres, virtual FC, the
 * dynamic class queue, triplets. Open {@link ffc.pfc.PartialFc} first.
 */
package ffc.pfc;
