// Package audit makes the settlement history checkable by somebody who trusts neither tieout nor whoever runs it.
//
// Every state change is an entry of a log: a row, written as one line. The entries are the leaves of a Merkle tree (RFC 6962), and
// each run seals what was added since the last seal with a checkpoint: the number of entries and the root hash, signed. A pack is a
// zip file that holds the entries of a period with the proof that they are what was sealed and that none is missing; Verify
// checks it with the public key, or a checkpoint that somebody kept, and nothing else.
//
// The package reads no database and no configuration. docs/AUDIT.md tells what is proven and what is not.
package audit
