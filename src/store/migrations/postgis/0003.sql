-- The job that made a scenario: tried twice, it leaves one.
ALTER TABLE lp_scenarios ADD COLUMN job BIGINT;
CREATE UNIQUE INDEX lp_scenarios_job ON lp_scenarios (job);
