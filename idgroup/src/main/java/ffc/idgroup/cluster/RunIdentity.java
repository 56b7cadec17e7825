package ffc.idgroup.cluster;

/**
 * What trainers of one run must agree on before they join.
 *
 * @param config hash of the resolved experiment file, rank-dependent settings left out
 * @param data fingerprint of the training data
 */
public record RunIdentity(String config, String data) {}
