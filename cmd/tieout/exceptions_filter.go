package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tieout/config"
	"tieout/reconcile"
	"tieout/reconcile/money"
	"tieout/sql/store"
)

// exceptionFlags are the conditions that list, acknowledge and resolve share: what one lists is what the others change.
type exceptionFlags struct {
	ids, codes, severities, statuses, feeds, accounts []string
	reference, currency                               string
	olderThan, dueBefore                              string
	atLeast, atMost                                   string
}

// conditions are the names of the flags.
var conditions = []string{"id", "code", "severity", "status", "feed", "account", "reference", "currency", "older-than", "due-before", "min-difference", "max-difference"}

func (f *exceptionFlags) addTo(command *cobra.Command) {
	flags := command.Flags()
	flags.StringSliceVar(&f.ids, "id", nil, "only these ids")
	flags.StringSliceVar(&f.codes, "code", nil, "only these codes, such as AMOUNT_MISMATCH")
	flags.StringSliceVar(&f.severities, "severity", nil, "only these severities: "+join(reconcile.Severities()))
	flags.StringSliceVar(&f.statuses, "status", nil, "only these statuses: "+join(reconcile.ExceptionStatuses()))
	flags.StringSliceVar(&f.feeds, "feed", nil, "only those of these feeds: "+join(feedNames()))
	flags.StringSliceVar(&f.accounts, "account", nil, "only those of these accounts")
	flags.StringVar(&f.reference, "reference", "", "only those of this order or transaction")
	flags.StringVar(&f.currency, "currency", "", "only those in this currency")
	flags.StringVar(&f.olderThan, "older-than", "", "only those first seen longer ago than this, such as 7d or 12h")
	flags.StringVar(&f.dueBefore, "due-before", "", "only those due before this instant (RFC 3339)")
	flags.StringVar(&f.atLeast, "min-difference", "", "only differences of at least this, without sign, in --currency")
	flags.StringVar(&f.atMost, "max-difference", "", "only differences of at most this, without sign, in --currency")
}

// given reports whether the command line has a condition.
func (f *exceptionFlags) given(command *cobra.Command) bool {
	return slices.ContainsFunc(conditions, command.Flags().Changed)
}

// filter checks the conditions. Without --id and --status it means the exceptions that stand. A condition that is given and
// empty, as one from a shell variable that is not set, is refused: it would mean more than was meant.
func (f *exceptionFlags) filter(command *cobra.Command, now time.Time) (filter store.ExceptionFilter, err error) {
	for _, name := range conditions {
		if flag := command.Flags().Lookup(name); flag.Changed && slices.Contains([]string{"", "[]"}, flag.Value.String()) {
			return filter, usagef("--%s is empty: leave it out, or give it a value", name)
		}
	}
	for _, check := range []error{
		oneOf("code", f.codes, reconcile.Codes()), oneOf("severity", f.severities, reconcile.Severities()),
		oneOf("status", f.statuses, reconcile.ExceptionStatuses()), oneOf("feed", f.feeds, feedNames()),
	} {
		if check != nil {
			return filter, check
		}
	}
	filter = store.ExceptionFilter{
		Standing: len(f.ids) == 0 && len(f.statuses) == 0, IDs: f.ids, Codes: f.codes, Severities: f.severities, Statuses: f.statuses,
		Feeds: f.feeds, Accounts: f.accounts, Reference: f.reference,
	}
	if f.olderThan != "" {
		age, err := config.ParseDuration(f.olderThan)
		if err != nil {
			return filter, usagef("--older-than %q: write a length of time such as 7d or 12h", f.olderThan)
		}
		filter.SeenBefore = now.UTC().Add(-age)
	}
	if filter.DueBefore, err = parseInstant("--due-before", f.dueBefore); err != nil {
		return filter, err
	}
	return filter, f.figures(&filter)
}

// figures fills in currency and bounds. Bounds without a currency would compare two currencies.
func (f *exceptionFlags) figures(filter *store.ExceptionFilter) (err error) {
	if f.currency != "" {
		if filter.Currency, err = money.Code(f.currency); err != nil {
			return usagef("--currency %q: write an ISO 4217 code such as EUR", f.currency)
		}
	}
	for _, bound := range []struct {
		flag, text string
		amount     *money.Amount
	}{{"--min-difference", f.atLeast, &filter.AtLeast}, {"--max-difference", f.atMost, &filter.AtMost}} {
		if bound.text == "" {
			continue
		}
		if f.currency == "" {
			return usagef("%s needs --currency", bound.flag)
		}
		if *bound.amount, err = money.Parse(bound.text, f.currency); err != nil || bound.amount.Minor < 0 {
			return usagef("%s %q: write an amount of %s in major units, without a sign", bound.flag, bound.text, filter.Currency)
		}
	}
	return nil
}

// oneOf refuses a value that is not on a closed list, and names the list.
func oneOf[T ~string](flag string, values []string, allowed []T) error {
	for _, value := range values {
		if !slices.Contains(allowed, T(value)) {
			return usagef("--%s %q: choose from %s", flag, value, join(allowed))
		}
	}
	return nil
}

func join[T any](list []T) string {
	texts := make([]string, len(list))
	for i, element := range list {
		texts[i] = fmt.Sprint(element)
	}
	return strings.Join(texts, ", ")
}
