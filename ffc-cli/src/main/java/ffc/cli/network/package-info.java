/**
 * Commands that show pictures to a trained network. Open {@link ffc.cli.network.SearchCommand}
 * first.
 */
package ffc.cli.network;
