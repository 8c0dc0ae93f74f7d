"""The only code that talks to AWS: settings, clients, the table, the job log, notifications, and the steps of a job."""
