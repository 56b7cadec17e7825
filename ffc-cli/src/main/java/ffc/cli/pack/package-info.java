/**
 * The program as a folder for machines without a JDK, Maven and network. Open {@link
 * ffc.cli.pack.Pack} first.
 */
package ffc.cli.pack;
