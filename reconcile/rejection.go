package reconcile

import (
	"fmt"
	"slices"
)

// CaseKeyOfRejection is the key of the case of a row that could not be read.
func CaseKeyOfRejection(key Key) string {
	return "rejection/" + key.Feed + "/" + key.Account + "/" + key.Kind + "/" + key.ID
}

// JudgeRejections raises DATA_INVALID for each row that could not be read. facts hold the orders that the rows could be
// about: one that is about a single order is told under the shop's reference, like everything else of that order.
func JudgeRejections(rejections []Rejection, facts Facts, policy Policy) []Exception {
	ix := newIndex(facts, policy)
	raised := make([]Exception, len(rejections))
	for i, rejection := range rejections {
		raised[i] = invalid(rejection, ix.orderOf(rejection))
	}
	return raised
}

// orderOf is the reference of the one order that a rejected row is about, or else what the row carried.
func (ix index) orderOf(rejection Rejection) string {
	stored := slices.Concat(ix.byStored[rejection.ID], ix.byStored[rejection.LinkedID])
	slices.Sort(stored)
	if stored = slices.Compact(stored); len(stored) == 1 {
		return stored[0]
	}
	if found, ok := ix.reference(rejection.Feed, rejection.Reference, RuleReference); ok && found.order != "" {
		return found.order
	}
	return rejection.Reference
}

func invalid(rejection Rejection, order string) Exception {
	return complete(Exception{
		Code: DataInvalid, CaseKey: CaseKeyOfRejection(rejection.Key),
		Feed: rejection.Feed, Account: rejection.Account, OrderReference: order, TransactionReference: rejection.ID,
		Explanation: fmt.Sprintf("The %s %s of %s could not be read: %s. The row is kept and nothing is concluded about its order.", rejection.Kind, rejection.ID, nameOf(rejection.Feed), rejection.Reason),
	})
}
