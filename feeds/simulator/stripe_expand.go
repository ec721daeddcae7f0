package simulator

import (
	"net/url"
	"strings"
)

// expandDepth is how many levels of a property Stripe expands.
const expandDepth = 4

// expansion is the tree of expand[] paths: the fields of an object to show whole instead of as an id.
type expansion map[string]expansion

// expandable names, for each kind of object, the fields that can be shown whole and what they are. The source of a
// balance transaction may be of any kind.
var expandable = map[string]map[string]string{
	"charge": {"balance_transaction": "balance_transaction", "failure_balance_transaction": "balance_transaction",
		"payment_intent": "payment_intent", "source": "source", "refunds": "list of refunds"},
	"refund": {"balance_transaction": "balance_transaction", "failure_balance_transaction": "balance_transaction",
		"charge": "charge", "payment_intent": "payment_intent"},
	"payment_intent":      {"latest_charge": "charge"},
	"dispute":             {"charge": "charge", "payment_intent": "payment_intent"},
	"balance_transaction": {"source": anyKind},
	"payout": {"balance_transaction": "balance_transaction",
		"failure_balance_transaction": "balance_transaction"},
	"list of refunds": {"data": "refund"},
}

const anyKind = "any"

// parseExpand reads expand[] for an object of a kind, or for a list of them, whose paths begin with "data".
func parseExpand(params url.Values, kind string, list bool) (expansion, *stripeError) {
	tree := expansion{}
	for _, path := range listParam(params, "expand") {
		parts := strings.Split(path, ".")
		if len(parts) > expandDepth {
			return nil, invalid("", "expand", "You cannot expand more than %d levels of a property (%s).", expandDepth, path)
		}
		if list {
			if parts[0] != "data" {
				return nil, cannotExpand(path)
			}
			parts = parts[1:]
		}
		if !canExpand(kind, parts) {
			return nil, cannotExpand(path)
		}
		tree.add(parts)
	}
	return tree, nil
}

func cannotExpand(path string) *stripeError {
	return invalid("", "expand", "This property cannot be expanded (%s).", path)
}

func canExpand(kind string, parts []string) bool {
	for _, part := range parts {
		if kind == anyKind {
			return true
		}
		next, ok := expandable[kind][part]
		if !ok {
			return false
		}
		kind = next
	}
	return len(parts) > 0
}

func (e expansion) add(parts []string) {
	for _, part := range parts {
		if e[part] == nil {
			e[part] = expansion{}
		}
		e = e[part]
	}
}

// pick shows a field as null, as an id, or whole.
func (e expansion) pick(field, id string, whole func(expansion) any) any {
	if id == "" {
		return nil
	}
	if inner, ok := e[field]; ok {
		return whole(inner)
	}
	return id
}
