/** Dynamic class queue. Open {@link ffc.pfc.dcq.DynamicClassQueue} first. */
package ffc.pfc.dcq;
