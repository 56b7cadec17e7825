/** Placeholder. */
package ffc.cli;
