package config

import (
	"log/slog"
	"time"
)

// Default gives the settings that hold when nothing is set. Each is documented at its field.
func Default() *Config {
	return &Config{
		Database: Database{URL: NewDatabaseURL("sqlite:tieout.db")},
		Timezone: Zone{time.UTC},
		Feeds:    Feeds{Shop: defaultShop(), Stripe: defaultStripe(), TrustPayments: defaultTrustPayments(), Alipay: defaultAlipay()},
		Policy:   defaultPolicy(),
		Actions:  Actions{CancelExpired: true},
		Reports:  Reports{Directory: "reports", Formats: []string{"xlsx", "html", "csv"}},
		Audit:    Audit{Name: "tieout"},
		Delivery: Delivery{Mail: Mail{Encryption: "starttls", AttachWorkbook: true}},
		Schedule: Schedule{Daily: "0 6 * * *", CancelExpired: "7-59/15 * * * *", Listen: "127.0.0.1:9464"},
		Log:      Log{Format: "auto", Level: slog.LevelInfo},
	}
}

func defaultShop() Shop {
	return Shop{
		Account: "shop",
		Statuses: Statuses{
			Pending:  []string{"pending"},
			Paid:     []string{"paid"},
			Canceled: []string{"canceled"},
			Refunded: []string{"refunded"},
		},
		Providers: map[string]string{"stripe": "stripe", "trustpayments": "trustpayments", "alipay": "alipay"},
		Refunds: Refunds{Statuses: RefundStatuses{
			Requested: []string{"requested"},
			Done:      []string{"done"},
			Rejected:  []string{"rejected"},
		}},
	}
}

func defaultStripe() Stripe {
	return Stripe{
		Account:                "default",
		BaseURL:                "https://api.stripe.com",
		ReferenceKeys:          []string{"metadata.order_id", "metadata.order_reference"},
		PaymentMethods:         []string{"alipay"},
		Since:                  Since{Ago: 100 * day},
		Overlap:                time.Hour,
		Lag:                    5 * time.Minute,
		Timeout:                80 * time.Second,
		RetryWait:              500 * time.Millisecond,
		RequestsPerSecond:      25,
		RequestsPerSecondInAll: 100,
	}
}

func defaultTrustPayments() TrustPayments {
	return TrustPayments{
		BaseURL:          "https://webservices.securetrading.net/json/",
		MaxRecords:       500,
		Source:           "query",
		SearchURL:        "https://myst.securetrading.net/auto/transactions/transactionsearch",
		SearchMaxRecords: 75_000,
		SearchFields: []string{
			"sitereference", "requesttypedescription", "parenttransactionreference", "orderreference", "paymenttypedescription",
			"accounttypedescription", "currencyiso3a", "mainamount", "settlemainamount", "settlestatus", "settleduedate",
			"settledtimestamp", "errorcode", "errormessage", "authcode", "livestatus",
		},
		Live:              true,
		PaymentTypes:      []string{"ALIPAY"},
		Since:             Since{Ago: 100 * day},
		Overlap:           time.Hour,
		Lag:               5 * time.Minute,
		Timeout:           60 * time.Second,
		RetryWait:         500 * time.Millisecond,
		RequestsPerSecond: 10,
		Connections:       4,
	}
}

// defaultAlipay has the words of Antom's reports, of the classic gateway's files, and of the gateway's own parameters.
func defaultAlipay() Alipay {
	return Alipay{
		Timezone:    shanghai(),
		EndMark:     "<END>",
		DayInName:   `(?:^|_)(20\d{6})(?:\D|$)`,
		PublishedIn: 12 * time.Hour,
		Since:       Since{Ago: 100 * day},
		Overlap:     7 * day,
		Columns: AlipayColumns{
			Account:         []string{"customerId", "partner"},
			Type:            []string{"transactionType", "Type"},
			ID:              []string{"transactionId", "Transaction_id", "trade_no"},
			Request:         []string{"transactionRequestId", "Partner_transaction_id", "out_trade_no"},
			Original:        []string{"originalTransactionRequestId", "Original_partner_transaction_id"},
			Order:           []string{"referenceTransactionId"},
			Status:          []string{"status", "trade_status"},
			Created:         []string{"transactionCreationTime", "gmt_create"},
			Completed:       []string{"transactionCompletionTime", "Payment_time", "gmt_payment"},
			Amount:          []string{"transactionAmountValue", "Amount", "total_fee"},
			Currency:        []string{"transactionCurrency", "Currency"},
			Batch:           []string{"settlementBatchId", "Settle_batch_no"},
			SettledAt:       []string{"settlementInitiatedDate", "Settlement_time"},
			SettledAmount:   []string{"settlementAmountValue", "Settlement"},
			SettledCurrency: []string{"settlementCurrency", "Currency"},
			ConvertedAmount: []string{"convertedTransactionAmountValue"},
			SummaryType:     []string{"summaryType"},
		},
		Types: AlipayTypes{
			Payment:        []string{"PAYMENT", "CAPTURE", "P"},
			Refund:         []string{"REFUND", "CANCEL", "PAYMENT_REVERSAL", "R"},
			RefundReversal: []string{"REFUND_REVERSAL"},
			Dispute:        []string{"DISPUTE"},
			DisputeWon:     []string{"DISPUTE_REVERSAL"},
			Fee:            []string{"SETTLEMENT_FEE", "ADJUSTMENT_FEE"},
			Adjustment:     []string{"RESERVE", "RESERVE_RELEASED", "COLLATERAL_WITHHELD", "COLLATERAL_RELEASED"},
			Ignored:        []string{"AUTHORIZATION"},
			Total:          []string{"TOTAL"},
		},
		Statuses: AlipayStatuses{
			Succeeded: []string{"SUCCESS", "SETTLED", "P", "L", "TRADE_SUCCESS", "TRADE_FINISHED"},
			Pending:   []string{"PROCESSING", "PENDING", "WAIT_BUYER_PAY"},
			Failed:    []string{"FAIL", "FAILED", "TRADE_CLOSED"},
		},
		SummaryLines: []string{"SETTLEMENT_FEE", "ADJUSTMENT_FEE", "RESERVE", "RESERVE_RELEASED", "COLLATERAL_WITHHELD", "COLLATERAL_RELEASED"},
	}
}

func defaultPolicy() Policy {
	return Policy{
		Grace: Grace{
			MissingAtProvider:       day,
			MissingOrder:            time.Hour,
			PaidNotRecorded:         time.Hour,
			RefundNotRecorded:       day,
			RefundMissingAtProvider: 3 * day,
		},
		RefundWindow:           RefundWindow{Stripe: 90 * day, TrustPayments: 90 * day, Alipay: 365 * day},
		RefundWindowWarning:    []int{14, 7, 3, 1},
		SettlementOverdueAfter: 7 * day,
		Source: SourcePolicy{
			PendingFor:    time.Hour,
			ChargeableFor: 6 * time.Hour,
			Cutoff:        TimeOfDay{23, 45},
			CutoffZone:    shanghai(),
		},
		Cancel:                      CancelPolicy{DeclinedAfter: day},
		PaymentWithoutMovementAfter: 7 * day,
		StickyFor:                   30 * day,
	}
}

// shanghai is always found, since the zones are linked in; were it not, the fixed zone is the same, as China keeps no
// daylight-saving time.
func shanghai() Zone {
	const name = "Asia/Shanghai"
	if zone, err := parseZone(name); err == nil {
		return zone
	}
	return Zone{time.FixedZone(name, 8*60*60)}
}
