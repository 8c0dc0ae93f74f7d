"""Alarms for who runs the service, and a dashboard."""

from __future__ import annotations

from collections.abc import Callable

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

PERIOD = Duration.minutes(5)
SLOW_MS = 5000


class Monitoring(Construct):
    """``alarms``: all of them, each of which speaks to the topic when it is raised."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: dict[str, lambda_.Function],
        machine: sfn.StateMachine,
        api: apigateway.HttpApi,
        undelivered: sqs.IQueue,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        self._action = actions.SnsAction(topic)
        waiting = undelivered.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum")
        self.alarms = [
            self._alarm("UndeliveredEvents", waiting, "An event could not be delivered; it waits in the queue."),
            self._alarm("FailedExecutions", machine.metric_failed(period=PERIOD), "An upload or a job failed."),
            self._alarm("TimedOutExecutions", machine.metric_timed_out(period=PERIOD), "An execution hung for days."),
            self._alarm("ThrottledExecutions", machine.metric_throttled(period=PERIOD), "The workflow is throttled."),
            self._alarm("ApiServerErrors", _count(api.metric_server_error), "The API answered with a server error."),
            self._alarm(
                "ApiLatency",
                api.metric_latency(period=PERIOD, statistic="p99"),
                f"One request in a hundred took the API more than {SLOW_MS / 1000:g} s for a quarter of an hour.",
                threshold=SLOW_MS,
                # A cold start or a dry run over a dataset may take seconds; a quarter of an hour of them may not.
                periods=3,
            ),
        ]
        for name, function in functions.items():
            title = name.capitalize()
            self.alarms += [
                self._alarm(f"{title}Errors", function.metric_errors(period=PERIOD), f"{name} ended with an error."),
                self._alarm(
                    f"{title}Throttles",
                    function.metric_throttles(period=PERIOD),
                    f"{name} was throttled for a quarter of an hour: the account's concurrency is used up.",
                    # The workflow waits and tries again, so a short burst is how it is meant to be.
                    periods=3,
                ),
            ]
        self._dashboard(functions, machine, api, waiting)

    def _alarm(
        self, name: str, metric: cloudwatch.IMetric, description: str, *, periods: int = 1, threshold: float = 0
    ) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            alarm_description=f"labelmill: {description}",
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
        return alarm

    def _dashboard(
        self,
        functions: dict[str, lambda_.Function],
        machine: sfn.StateMachine,
        api: apigateway.HttpApi,
        waiting: cloudwatch.IMetric,
    ) -> None:
        def graph(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
            return cloudwatch.GraphWidget(title=title, left=metrics, width=12, height=6)

        executions: list[cloudwatch.IMetric] = [
            machine.metric_started(),
            machine.metric_succeeded(),
            machine.metric_failed(),
            machine.metric_aborted(),
            machine.metric_timed_out(),
        ]
        all_functions = functions.values()
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            default_interval=Duration.days(1),
            widgets=[
                [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(self.alarms), width=24, height=4)],
                [
                    graph("Executions", executions),
                    graph("Time of an execution", [machine.metric_time(statistic=s) for s in ("p50", "p99")]),
                ],
                [
                    graph("Calls", [f.metric_invocations() for f in all_functions]),
                    graph("Time of a call, p99", [f.metric_duration(statistic="p99") for f in all_functions]),
                ],
                [
                    graph("Errors", [f.metric_errors() for f in all_functions]),
                    graph("Throttles", [f.metric_throttles() for f in all_functions]),
                ],
                [
                    graph(
                        "API: requests, and those answered with an error",
                        [
                            _count(metric)
                            for metric in (api.metric_count, api.metric_client_error, api.metric_server_error)
                        ],
                    ),
                    graph("API: time of a request", [api.metric_latency(statistic=s) for s in ("p50", "p99")]),
                ],
                [graph("Undelivered events", [waiting])],
            ],
        )


def _count(metric: Callable[..., cloudwatch.Metric]) -> cloudwatch.Metric:
    """A metric of the API as a number of requests, which is its sum; the CDK would take the average."""
    return metric(period=PERIOD, statistic="Sum")
