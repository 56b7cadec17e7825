/** Placeholder. */
package ffc.pfc;
