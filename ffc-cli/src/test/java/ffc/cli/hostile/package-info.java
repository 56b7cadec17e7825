/**
 * Damaged input of every kind: what comes of it must be a result or one clear line. Open {@code
 * HostileInput} first.
 */
package ffc.cli.hostile;
