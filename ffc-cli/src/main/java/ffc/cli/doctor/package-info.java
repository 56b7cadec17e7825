/** What {@code ffc doctor} looks at. Open {@link ffc.cli.doctor.Machine} first. */
package ffc.cli.doctor;
