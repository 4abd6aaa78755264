"""The pages of accounts: sign in and up, and what people and organisations look after."""
