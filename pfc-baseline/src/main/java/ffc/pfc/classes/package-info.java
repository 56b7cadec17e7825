/**
 * Class centres in a table of their own with momenta, drawn and updated by rows, in memory, in
 * mapped files or on a device. Open {@link ffc.pfc.classes.ClassCenters} first.
 */
package ffc.pfc.classes;
