package audit

import (
	"crypto/sha256"
	"encoding/hex"
)

// Commitment stands in the log for a personal value. As long as the salt is known, whoever has the value can show that it is the
// one; once the salt is gone, nobody can find out what it was, not by trying all values either.
func Commitment(salt, value string) string {
	sum := sha256.Sum256([]byte(salt + "\x00" + value))
	return hex.EncodeToString(sum[:])
}
