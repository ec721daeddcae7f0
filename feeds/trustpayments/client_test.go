package trustpayments

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/reconcile"
)

func TestNewTellsEveryMistake(t *testing.T) {
	_, err := New(Options{BaseURL: "ftp://example.com", MaxRecords: 1})
	if err == nil {
		t.Fatal("no error")
	}
	want := `feeds.trustpayments.username and feeds.trustpayments.password are needed
feeds.trustpayments.site_references names no site
feeds.trustpayments.base_url is not an http or https URL
timeout 1m0s, retry wait 500ms, 1 records a reply, 75000 rows a search, 25 exchanges a second or 4 at once: out of range`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func TestClientNamesItsAccountAndNoSecret(t *testing.T) {
	options := Options{Username: testUser, Password: testPassword, Site: testSite}
	client, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	if client.Feed() != "trustpayments" || client.Account() != testSite {
		t.Errorf("feed %q, account %q", client.Feed(), client.Account())
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, value := range []any{client, options, &options} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, testPassword) || !strings.Contains(text, testSite) {
				t.Errorf("%s prints %s", verb, text)
			}
		}
	}
	payment, _ := NewNormaliser([]string{"VISA"})(observed(t, KindAuth, auth("1-9-1", "2020-03-16 16:25:08"))).(reconcile.Payment)
	if payment.ID != "23-86-113" || payment.InScope {
		t.Errorf("the normaliser does not follow the options: %+v", payment)
	}
}
