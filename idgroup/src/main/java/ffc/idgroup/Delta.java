package ffc.idgroup;

/**
 * What a commit changed.
 *
 * @param row0 rows of head 1 to write into the device mirror
 * @param occupied occupied slots after the commit
 * @param hits images whose identity was in the group when they came
 * @param insertions identities that came in
 * @param evictions identities that went out
 */
public record Delta(Patch row0, int occupied, int hits, int insertions, int evictions) {}
