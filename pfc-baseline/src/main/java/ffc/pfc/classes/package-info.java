/**
 * Class centres in a table of their own with momenta, drawn and updated by rows, in memory or in
 * mapped files. Open {@link ffc.pfc.classes.ClassCenters} first.
 */
package ffc.pfc.classes;
