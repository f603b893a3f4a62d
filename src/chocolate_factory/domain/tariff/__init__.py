"""What this site pays: tariff calendar, dated figures, price stack, excess power, costs, invoice."""
